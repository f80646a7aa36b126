from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Other people's signals; their senders' models exist only now.
        from allauth.mfa.signals import authenticator_added
        from allauth.mfa.totp.internal.auth import TOTP

        from accounts import codes, hardening, incarnations, second_factor

        # The library has no hook for it; tests/accounts/test_codes.py fails once it is not asked any more.
        TOTP._mark_code_used = codes.mark_used
        authenticator_added.connect(codes.on_enrolment, dispatch_uid="codes")
        authenticator_added.connect(second_factor.on_enrolment, dispatch_uid="second_factor")
        connection_created.connect(incarnations.begin_where_restored, dispatch_uid="incarnation")
        post_migrate.connect(hardening.after_migrate, dispatch_uid="hardening")
