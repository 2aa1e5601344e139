"""What the workflows run on GitHub, a module a step: `python -m assay.github.NAME`.

But for `issues` they need nothing installed: a checkout and Python are enough.
"""
