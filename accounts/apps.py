from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Other people's signals; their senders' models exist only now.
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in

        from accounts import hardening, incarnations, second_factor, sessions

        authenticator_added.connect(second_factor.on_enrolment, dispatch_uid="second_factor")
        user_logged_in.connect(sessions.on_sign_in, dispatch_uid="sessions")
        connection_created.connect(incarnations.begin_where_restored, dispatch_uid="incarnation")
        post_migrate.connect(hardening.after_migrate, dispatch_uid="hardening")
