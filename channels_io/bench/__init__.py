"""The outside driver of `manage.py benchvoice`: corpus, calls as a caller makes them, report."""
