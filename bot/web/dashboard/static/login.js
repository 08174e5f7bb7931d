// The sign-in link carries the password behind the "#", which never leaves the browser by itself: move it into
// the form, take it out of the address, send the form.
"use strict";
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  document.getElementById("password").value = token;
  document.getElementById("sign-in").requestSubmit();
}
