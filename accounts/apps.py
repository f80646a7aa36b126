from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from django.conf import settings

        from accounts.permissions import StaffRole
        from config.settings import refuse

        if unknown := sorted(set(settings.OIDC_ROLES.values()) - set(StaffRole.values)):
            refuse(f"OIDC_ROLES names {unknown[0]}, which is no role. Roles are {', '.join(StaffRole.values)}.")
        # Other people's signals; their senders' models exist only now.
        from allauth.mfa.signals import authenticator_added
        from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

        from accounts import access_log, codes, hardening, incarnations, second_factor, seeds, sessions, signals_left

        # That a code works once, and in whose row stands what it is made of.
        seeds.bind()
        authenticator_added.connect(codes.on_enrolment, dispatch_uid="codes")
        authenticator_added.connect(second_factor.on_enrolment, dispatch_uid="second_factor")
        user_logged_in.connect(sessions.on_sign_in, dispatch_uid="sessions")
        user_logged_in.connect(access_log.on_sign_in, dispatch_uid="access_log")
        user_logged_in.connect(signals_left.on_sign_in, dispatch_uid="signals")
        user_logged_out.connect(access_log.on_sign_out, dispatch_uid="access_log")
        user_login_failed.connect(access_log.on_failure, dispatch_uid="access_log")
        connection_created.connect(incarnations.begin_where_restored, dispatch_uid="incarnation")
        post_migrate.connect(hardening.after_migrate, dispatch_uid="hardening")
