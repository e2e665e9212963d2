"""The address of a visitor, which lock-outs count by: told by the operator's proxies, never by the visitor."""

import pytest
from django.test import RequestFactory

from beffroi.home import HomeError
from beffroi.web.operations.supervisor import check_proxies
from beffroi.web.platform.http.client_address import address_of
from beffroi.web.tenancy.signin.adapters import ClosedAdapter


@pytest.mark.parametrize(
    ("proxies", "written", "found"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 192.0.2.8", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "not an address", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_the_one_that_the_trusted_proxies_wrote(settings, proxies, written, found):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=written)
    assert address_of(request) == found == ClosedAdapter(request).get_client_ip(request)


def test_an_https_address_without_a_declared_proxy_is_not_served(settings):
    settings.BASE_URL, settings.ALLAUTH_TRUSTED_PROXY_COUNT = "https://beffroi.exemple.fr", 0
    with pytest.raises(HomeError, match="BEFFROI_TRUSTED_PROXIES=1"):
        check_proxies()
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    check_proxies()
