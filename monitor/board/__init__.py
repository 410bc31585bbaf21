"""The live board: pages for people, made on the server, kept current by a small script."""
