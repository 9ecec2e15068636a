"""What each choice on the hottest path is worth: the same who-am-I with one choice taken back at a time.

variants: Doorward put together with that one difference. __main__: measures them in turn and prints a Markdown table.
"""
