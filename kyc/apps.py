from django.apps import AppConfig


class KycConfig(AppConfig):
    name = "kyc"

    def ready(self) -> None:
        # Each stage says how long its records are kept; their models exist only now.
        import kyc.cases.retention
        import kyc.evidence.retention
        import kyc.keys.retention
        import kyc.networks.retention
        import kyc.ownership.retention
        import kyc.parties.retention  # noqa: F401
