"""New accounts: by signing up oneself, or made by an administrator.

sign_up: in public. create_user: by an administrator. settings, problems, feature: roles.
"""
