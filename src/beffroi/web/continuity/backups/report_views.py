"""Address to which a script reports on its backup. No page: a key opens it, and it tells nothing back.

The key comes as the password of HTTP Basic, as for machines: it is in no address, hence in no journal.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from beffroi.web.platform import feature_switches, scope
from beffroi.web.platform.access_log.refusals import note
from beffroi.web.platform.api.authentication import RateLimit
from beffroi.web.platform.guards import public
from beffroi.web.platform.http.basic_keys import password_of, plain_answer, too_many_requests
from beffroi.web.platform.models import AccessEvent

from ..errors import ContinuityError
from ..models import BackupCopy, BackupKey
from . import keys, reports

rate_limit = RateLimit(10)


@csrf_exempt
@public
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """What a script says of the copy of its key."""
    key = _key(request)
    if isinstance(key, HttpResponse):
        return key
    body = request.read(reports.LARGEST + 1)
    with scope.inside(key.territory):
        copy = BackupCopy.objects.of(key.territory).select_related("entry", "territory").get(pk=key.copy_id)
        try:
            reports.receive(copy, reports.parse(body))
        except ContinuityError as error:
            return plain_answer(str(error), 400)
        keys.record_use(key)
    return plain_answer("Compte rendu reçu.", 200)


def _key(request: HttpRequest) -> BackupKey | HttpResponse:
    """The key that the request bears, or the answer in its place."""
    header = request.headers.get("Authorization", "")
    if not header:
        return plain_answer("Une clé est nécessaire.", 401)
    key = keys.find(password_of(header))
    if key is None:
        note(request, AccessEvent.Kind.TOKEN, territory=None)
        return plain_answer("Cette clé est inconnue ou révoquée.", 401)
    if wait := rate_limit.retry_after(key):
        return too_many_requests(wait)
    if key.territory.suspended_at is not None or not feature_switches.is_open(key.territory, "continuity"):
        return plain_answer("Cette collectivité ne reçoit pas de comptes rendus aujourd'hui.", 403)
    return key
