"""The base of everything the product declines to do."""


class Refused(Exception):
    """Something was asked that the rules do not allow; the message is fit to show to whoever asked."""
