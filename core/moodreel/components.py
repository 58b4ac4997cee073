"""The built components of one configuration."""
