"""The product: a folder is a noun, a file is a verb. Nothing in here knows how it is reached."""
