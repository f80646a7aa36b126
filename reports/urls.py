from django.urls import path

from reports import house_pages, link_pages, pack_pages, schedule_pages, views

app_name = "reports"
urlpatterns = [
    path("", views.reports, name="list"),
    path("request/", views.ask, name="request"),
    path("orders/<int:pk>/", house_pages.of_order, name="of_order"),
    path("years/<int:year>/", house_pages.of_year, name="of_year"),
    path("schedules/", schedule_pages.schedules, name="schedules"),
    path("schedules/<int:pk>/stop/", schedule_pages.stop, name="schedule_stop"),
    path("download/", views.download_many, name="many_download"),
    path("packs/<int:pk>/", pack_pages.pack, name="pack"),
    path("packs/<int:pk>/file.zip", pack_pages.download, name="packed_download"),
    path("<int:pk>/", views.report, name="report"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/restate/", views.restate, name="restate"),
    path("<int:pk>/approve/", views.approve, name="approve"),
    path("<int:pk>/decline/", views.decline, name="decline"),
    path("<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("<int:pk>/links/", link_pages.make, name="link"),
    path("<int:pk>/links/<int:link>/end/", link_pages.end, name="link_end"),
    path("<int:pk>/download/", views.download, name="download"),
    path("<int:pk>/pack.zip", views.evidence_pack, name="pack_download"),
]
