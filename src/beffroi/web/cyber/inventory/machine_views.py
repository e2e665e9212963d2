"""Addresses for machines: inventories of agents, and signs of life. No page: a key opens them, and they tell nothing back.

The key comes as the password of HTTP Basic, which agents and curl send: it is in no address, hence in no journal.
"""

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from beffroi.web.platform import feature_switches, scope
from beffroi.web.platform.access_log.refusals import note
from beffroi.web.platform.api.authentication import RateLimit
from beffroi.web.platform.concurrency.middleware import release_slot
from beffroi.web.platform.guards import public
from beffroi.web.platform.http.basic_keys import password_of, plain_answer, too_many_requests
from beffroi.web.platform.models import AccessEvent

from ..models import MachineKey
from . import keys, services
from .errors import InventoryError
from .messages import MAX_COMPRESSED, Message, UnreadableMessage
from .reading import read_message

# The agents of a whole territory share a key, and each makes two requests a day.
rate_limit = RateLimit()
HOURS: Final = 24  # between two inventories
UNWANTED: Final = "process,environment,user,local_user,local_group,printer,network,monitor,usb,licenseinfo"
"""Categories that a GLPI agent is told not even to collect."""
_TASKS: Final = ["netdiscovery", "netinventory", "esx", "collect", "deploy", "wakeonlan", "remoteinventory"]
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<REPLY>{}</REPLY>\n'


@csrf_exempt
@public
@require_POST
def inventory(request: HttpRequest) -> HttpResponse:
    """What an agent posts: its first contact, then its inventory."""
    key = _key(request, MachineKey.Use.INVENTORY)
    if isinstance(key, HttpResponse):
        return key
    body = request.read(MAX_COMPRESSED + 1)
    with scope.inside(key.territory):
        try:
            with release_slot():
                message = read_message(body)
            services.receive(key.territory, message)
        except (UnreadableMessage, InventoryError) as error:
            services.count_unread(key.territory, str(error))
            return plain_answer(str(error), 400)
        keys.record_use(key)
    return _answer(message, is_glpi_agent="GLPI-Agent-ID" in request.headers)


def _answer(message: Message, *, is_glpi_agent: bool) -> HttpResponse:
    # In XML at first, a GLPI agent asks by its header whether JSON is understood.
    if message.kind == "contact" or (message.kind == "prolog" and is_glpi_agent):
        inventory = {"server": "glpi", "version": "10.0.0", "no-category": UNWANTED}
        tasks = {"disabled": _TASKS, "tasks": {"inventory": inventory}}
        return JsonResponse({"status": "ok", "expiration": HOURS, **tasks})
    if message.syntax == "json":
        return JsonResponse({"status": "ok"})
    is_first = message.kind == "prolog"
    content = f"<RESPONSE>SEND</RESPONSE><PROLOG_FREQ>{HOURS}</PROLOG_FREQ>" if is_first else ""
    return HttpResponse(_XML.format(content), content_type="application/xml; charset=utf-8")


@csrf_exempt
@public
@require_http_methods(["GET", "POST"])
def sign_of_life(request: HttpRequest) -> HttpResponse:
    """The sign of life of the machine of this key, or, from a collector of journals, of the one that it names."""
    key = _key(request, MachineKey.Use.HEARTBEAT, MachineKey.Use.COLLECTOR)
    if isinstance(key, HttpResponse):
        return key
    with scope.inside(key.territory):
        device = services.beat(key, str(request.POST.get("machine", ""))[:255])
        keys.record_use(key)
    if device is None:
        return plain_answer("Aucune machine de ce nom n'est suivie.", 404)
    return plain_answer("Signe reçu.", 200)


def _key(request: HttpRequest, *uses: MachineKey.Use) -> MachineKey | HttpResponse:
    """The key that the request bears, or the answer in its place: no key, a wrong one, too many requests, a closed room."""
    header = request.headers.get("Authorization", "")
    if not header:
        return plain_answer("Une clé est nécessaire.", 401)
    key = keys.find(password_of(header))
    if key is None or key.use not in uses:
        note(request, AccessEvent.Kind.TOKEN, territory=key.territory if key else None)
        return plain_answer("Cette clé est inconnue ou révoquée.", 401)
    if wait := rate_limit.retry_after(key):
        return too_many_requests(wait)
    if key.territory.suspended_at is not None or not feature_switches.is_open(key.territory, "cyber"):
        return plain_answer("Cette collectivité ne reçoit pas de machines aujourd'hui.", 403)
    return key
