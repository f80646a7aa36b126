from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate


class KycConfig(AppConfig):
    name = "kyc"

    def ready(self) -> None:
        # Each stage says how long its records are kept, in the order in which pages show them; their models exist only now.
        for stage in ("parties", "ownership", "evidence", "cases", "keys", "usage", "networks", "directives"):
            import_module(f"kyc.{stage}.retention")
        # What goes by periods of its own says how.
        import_module("kyc.screening.disposal")
        import_module("kyc.networks.disposal")
        # The question about a key is a function of the database's.
        post_migrate.connect(import_module("kyc.keys.asking").after_migrate, dispatch_uid="asking")
        # Whoever signs up with the address of an account that was imported takes it over.
        user_logged_in.connect(import_module("kyc.keys.campaign").on_sign_in, dispatch_uid="estate")
        # So is that about what an account has in common with others.
        post_migrate.connect(import_module("kyc.networks.arising").after_migrate, dispatch_uid="arising")
        import_module("kyc.usage.disposal")
