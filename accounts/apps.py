from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Other people's signals; their senders' models exist only now.
        from allauth.mfa.signals import authenticator_added

        from accounts import hardening, second_factor

        authenticator_added.connect(second_factor.on_enrolment, dispatch_uid="second_factor")
        post_migrate.connect(hardening.after_migrate, dispatch_uid="hardening")
