"""Transfer: many users at once, from files and into files.

columns, check: what a row of a file may say, and that it is right. read, rejects, resume: the files. prepare: some thousand of
them, up to the rows to be written. bring_in: import. existing: what happens to users who are there already. export: the way out. seed, people: invented users.
"""
