"""What is inside an .ipa. No I/O: every function works over a file object that its caller opened."""
