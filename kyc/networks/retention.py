"""What the compartment keeps stands in no class: a customer reads how long each of his is kept, and would learn of it."""

from accounts import retention

retention.no_record("kyc.Involvement", "of the investigators' compartment, of which the page of what is kept must not tell")
