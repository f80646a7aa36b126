from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.reports, name="list"),
    path("request/", views.ask, name="request"),
    path("download/", views.download_many, name="many_download"),
    path("<int:pk>/", views.report, name="report"),
    path("<int:pk>/again/", views.again, name="again"),
    path("<int:pk>/download/", views.download, name="download"),
    path("<int:pk>/pack.zip", views.evidence_pack, name="pack_download"),
]
