"""What kinds of signals there are, which of them say the same thing twice, and how far each may be believed."""

from types import MappingProxyType

import numpy as np

FAMILIES = ("identity", "payment", "owner", "device", "network", "contact", "behaviour")
# The types of signals by their family, and the most bits that sharing one may weigh: what people who have nothing to do with each
# other share for ordinary reasons (an agent's address, a standard browser) weighs little however rare the value is.
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
    }
)
NAMES = tuple(TYPES)
FAMILY_OF = np.array([FAMILIES.index(family) for family, _ in TYPES.values()], np.int8)
MOST_BITS = np.array([most for _, most in TYPES.values()])
# What everybody under one roof has in common, whoever they are. However many of these agree, it is one reason: the roof.
ROOF = np.array([name in {"domain", "address", "login_ip", "api_ip", "user_agent"} for name in NAMES])
