from django.urls import path

from demo import gallery, views

app_name = "demo"
urlpatterns = [
    path("", views.cast, name="cast"),
    path("sign-in-as/", views.sign_in_as, name="sign_in_as"),
    path("mail", views.mail, name="mail"),
    path("ui/", gallery.page, name="gallery"),
]
