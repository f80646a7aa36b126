"""The base of everything the product declines to do."""


class Refused(Exception):
    """Something was asked that the rules do not allow; the message is fit to show to whoever asked."""


class ReasonMissing(Refused):
    """What is done for a reason is not done without one; where there is a list, it is one of the list."""


class NoteMissing(ReasonMissing):
    """What the list of reasons doesn't know, or has to be explained besides, is said in the note."""

    field = "note"
