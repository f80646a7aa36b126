from importlib import import_module

from django.apps import AppConfig


class KycConfig(AppConfig):
    name = "kyc"

    def ready(self) -> None:
        # Each stage says how long its records are kept, in the order in which pages show them; their models exist only now.
        for stage in ("parties", "ownership", "evidence", "cases", "keys", "usage", "networks"):
            import_module(f"kyc.{stage}.retention")
        # What goes by periods of its own says how.
        import_module("kyc.screening.disposal")
        import_module("kyc.networks.disposal")
        import_module("kyc.usage.disposal")
