from django.urls import path

from kyc.onboarding import customers, documents, key_pages, owners, paying, people, prove, use, views

app_name = "onboarding"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("begin/", views.create, name="create"),
    path("kind/", customers.kind, name="kind"),
    path("company/", customers.company, name="company"),
    path("people/", people.listing, name="people"),
    path("people/add/", people.add, name="person_add"),
    path("people/<int:pk>/", people.change, name="person"),
    path("people/<int:pk>/remove/", people.remove, name="person_remove"),
    path("people/<int:pk>/invite/", prove.invite, name="invite"),
    path("people/<int:pk>/invite/withdraw/", prove.withdraw, name="invite_withdraw"),
    path("prove/<slug:token>/", prove.prove, name="prove"),
    path("prove/<slug:token>/anew/", prove.prove_anew, name="prove_anew"),
    path("proved/", prove.proved, name="proved"),
    path("proved/sent/", prove.prove_sent, name="prove_sent"),
    path("owners/", owners.listing, name="owners"),
    path("owners/of/<int:pk>/<slug:kind>/", owners.add, name="owner_add"),
    path("owners/<int:pk>/", owners.change, name="owner"),
    path("owners/<int:pk>/remove/", owners.remove, name="owner_remove"),
    path("owners/behind/", owners.name_principal, name="principal"),
    path("owners/behind/<int:pk>/remove/", owners.remove_principal, name="principal_remove"),
    path("use/", use.use, name="use"),
    path("payment/", paying.listing, name="payment"),
    path("payment/<int:pk>/", paying.change, name="payment_change"),
    path("payment/<int:pk>/remove/", paying.remove, name="payment_remove"),
    path("documents/", documents.listing, name="documents"),
    path("documents/<int:pk>/", documents.download, name="document"),
    path("documents/<int:pk>/remove/", documents.remove, name="document_remove"),
    path("check/", views.check, name="check"),
    path("keys/", key_pages.listing, name="keys"),
    path("keys/issue/", key_pages.issue, name="key_issue"),
    path("keys/<int:pk>/revoke/", key_pages.revoke, name="key_revoke"),
]
