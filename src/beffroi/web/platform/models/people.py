"""People and service accounts as authenticated users; their roles are in `roles.py`."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class PersonManager(BaseUserManager["Person"]):
    """Makes people by their e-mail; a person without a password cannot sign in by password."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password) if password else person.set_unusable_password()
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """A human who signs in, or a program (a service account). Rights come from memberships only; there is no superuser."""

    class Kind(models.TextChoices):
        HUMAN = "human", "personne"
        SERVICE = "service", "compte de service"

    belongs_to_host = True
    email = models.EmailField("adresse électronique", unique=True)
    name = models.CharField("nom", max_length=120)
    kind = models.CharField("nature", max_length=8, choices=Kind, default=Kind.HUMAN, db_default="human")
    is_active = models.BooleanField(default=True)
    simulated = models.BooleanField("membre de démonstration", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PersonManager] = PersonManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "personne"

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name
