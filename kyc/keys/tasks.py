from celery import shared_task

from kyc.keys import (
    campaign,
    estate_imports,
    expiring,
    feed,
    lapsing,
    linking,
    pools,
    reassessing,
    refusals,
    renewals,
    sandboxes,
    staged,
)


@shared_task(name="kyc.link_key", ignore_result=True)
def link_key() -> None:
    linking.run()


@shared_task(name="kyc.decide_sandboxes", ignore_result=True)
def decide_sandboxes() -> None:
    sandboxes.run()


@shared_task(name="kyc.keep_renewals", ignore_result=True)
def keep_renewals() -> None:
    renewals.run()


@shared_task(name="kyc.keep_expiries", ignore_result=True)
def keep_expiries() -> None:
    expiring.run()


@shared_task(name="kyc.keep_campaign", ignore_result=True)
def keep_campaign() -> None:
    campaign.run()


@shared_task(name="kyc.reassess", ignore_result=True)
def reassess() -> None:
    reassessing.run()


@shared_task(name="kyc.keep_key_requirements", ignore_result=True)
def keep_key_requirements() -> None:
    lapsing.run()


@shared_task(name="kyc.forget_reservations", ignore_result=True)
def forget_reservations() -> None:
    pools.forget()
    staged.forget()


@shared_task(name="kyc.compact_changes", ignore_result=True)
def compact_changes() -> None:
    feed.compact()


@shared_task(name="kyc.forget_refusals", ignore_result=True)
def forget_refusals() -> None:
    refusals.forget()


@shared_task(name="kyc.import_estates", ignore_result=True)
def import_estates() -> None:
    estate_imports.run()
