"""Ends what nobody else can end any more."""
