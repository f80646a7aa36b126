"""What kinds of signals there are, which of them say the same thing twice, and how far each may be believed."""

from types import MappingProxyType

import numpy as np

FAMILIES = ("identity", "payment", "owner", "device", "network", "contact", "behaviour")
# When an account was opened, and when it fell silent; told by its first and last signal, and by no row of their own.
OPENED, ENDED = "opened", "ended"
# The types of signals by their family, and the most bits that sharing one may weigh: what people who have nothing to do with each
# other share for ordinary reasons (an agent's address, a standard browser, a busy day) weighs little however rare the value is.
TYPES = MappingProxyType(
    {
        "email": ("contact", 16.0),
        "domain": ("contact", 9.0),
        "phone": ("contact", 14.0),
        "address": ("contact", 10.0),
        "owner": ("owner", 14.0),
        "document": ("identity", 18.0),
        "document_image": ("identity", 18.0),
        "payment": ("payment", 16.0),
        "device": ("device", 16.0),
        "login_ip": ("network", 12.0),
        "api_ip": ("network", 12.0),
        "user_agent": ("device", 5.0),
        "template": ("behaviour", 12.0),
        OPENED: ("behaviour", 9.0),
        ENDED: ("behaviour", 9.0),
    }
)
ALL = tuple(TYPES)
# Those that a file may hold.
NAMES = ALL[:-2]
FAMILY_OF = np.array([FAMILIES.index(family) for family, _ in TYPES.values()], np.int8)
MOST_BITS = np.array([most for _, most in TYPES.values()], np.float32)


def among(*names: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each type whether it is one of these."""
    return np.array([name in names for name in ALL])


# What everybody under one roof has in common, whoever they are. However many of these agree, it is one reason: the roof.
ROOF = among("domain", "address", "login_ip", "api_ip", "user_agent")
# What makes an edge heavier, and is a reason for one only if both agree: many open an account in the same hours.
ASIDE = among(OPENED, ENDED)
# What is a person's or a company's own, and neighbours, colleagues and students have each for himself ...
OWN = among("email", "phone", "owner", "document", "document_image", "payment")
# ... and of it what a family at home has each for himself, too.
OWN_AT_HOME = among("email", "owner", "document", "document_image")
DEVICE = among("device")
# What passes from hand to hand: numbers are given out again, people move.
PASSES_ON = among("email", "phone", "address", "login_ip", "api_ip")
# By which a roof is known.
ADDRESSES = among("domain", "address", "login_ip")
