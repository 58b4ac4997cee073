"""The application: an API over an engine, and the page that uses it."""
