"""The keys that AltStore and those after it read, in the order in which they ask for them. No I/O.

Source, StoreApp, AppVersion and NewsItem of AltStore's code; what stands in no table is never looked at.
"""

from bot.clients.dates import moment
from bot.clients.fields import Field, optional, required
from bot.clients.forms import screenshots
from bot.clients.values import INT32, INT64, boolean, colour, integer, mapping, string, url

Texts = dict[str, tuple[str, ...]]

VERSION_FIELDS: tuple[Field, ...] = (
    required("version", string),
    optional("buildVersion", string),
    required("date", moment),
    optional("localizedDescription", string),
    required("downloadURL", url),
    required("size", integer(-INT64 - 1, INT64)),
    optional("sha256", string),
    optional("minOSVersion", string),
    optional("maxOSVersion", string),
)
LEGACY_FIELDS: tuple[Field, ...] = (
    required("version", string),
    required("versionDate", moment),
    optional("versionDescription", string),
    required("downloadURL", url),
    required("size", integer(-INT32 - 1, INT32)),
)
SOURCE_FIELDS: tuple[Field, ...] = (
    required("name", string),
    optional("subtitle", string),
    optional("website", url),
    optional("description", string),
    optional("iconURL", url),
    optional("headerURL", url),
    optional("patreonURL", url),
    optional("tintColor", colour),
    optional("userInfo", mapping(string)),
)
APP_FIELDS: tuple[Field, ...] = (
    required("name", string),
    required("bundleIdentifier", string),
    required("developerName", string),
    required("localizedDescription", string),
    required("iconURL", url),
    optional("subtitle", string),
    optional("beta", boolean),
    optional("marketplaceID", string),
    optional("tintColor", colour),
    optional("category", string),
    optional("screenshots", screenshots),
)
NEWS_FIELDS: tuple[Field, ...] = (
    required("identifier", string),
    required("date", moment),
    required("title", string),
    required("caption", string),
    optional("tintColor", colour),
    optional("imageURL", url),
    optional("url", url),
    optional("appID", string),
    optional("notify", boolean),
)
# plain key -> the keys of its translations, in the order in which they are asked (AltStore 2.2)
SOURCE_TEXTS: Texts = {
    "description": ("localizedDescriptions", "_localizedDescriptions"),
    "subtitle": ("localizedSubtitles",),
}
APP_TEXTS: Texts = {
    "localizedDescription": ("localizedDescriptions", "_localizedDescriptions"),
    "subtitle": ("localizedSubtitles",),
}
VERSION_TEXTS: Texts = {"localizedDescription": ("localizedDescriptions", "_localizedDescriptions")}
NEWS_TEXTS: Texts = {"title": ("localizedTitles",), "caption": ("localizedCaptions",)}
