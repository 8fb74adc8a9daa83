"""Every knob, read once from the environment and checked at start.

`PULSE_*` variables (and `DATABASE_URL`, without prefix, as hosting platforms name it) are the only way
to configure a process; a value that can't be used stops the start with a message that names it.
"""

from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "data" / "catalog"


class Settings(BaseSettings):
    """Knobs of one process. Paths are absolute after validation."""

    model_config = SettingsConfigDict(env_prefix="PULSE_", extra="ignore", hide_input_in_errors=True)

    district: str = Field("本区", description="Name of the district, as it stands on screens and reports")
    office: str = Field("区新媒体中心", description="Name of the issuing office on report covers")
    data_dir: Path = Field(ROOT / "data" / "var", description="Database, captures, inbox, reports")
    database_url: str = Field("", validation_alias="DATABASE_URL", description="Empty: SQLite in data_dir")
    font_dir: Path | None = Field(None, description="The office's own faces (仿宋, 小标宋, 楷体), looked up first")
    host: str = Field("127.0.0.1", description="Address of the app")
    port: int = Field(8501, ge=1, le=65535, description="Port of the app")
    url_of_app: str = Field("", description="Address by which people open the app (http://10.1.2.3:8501), for links in "
                            "warnings; empty: they carry none")
    push_host: str = Field("127.0.0.1", description="Address of the endpoint that APP backends push to")
    push_port: int = Field(0, ge=0, le=65535, description="Port of that endpoint; 0: it is off")
    survey_host: str = Field("127.0.0.1", description="Address of the public survey page")
    survey_port: int = Field(0, ge=0, le=65535, description="Port of that page; 0: it is off")
    survey_url: str = Field("", description="Address by which citizens open it (https://survey.example.gov.cn), for "
                            "links and printed codes")
    survey_proxies: str = Field("", description="Comma-separated addresses or networks of reverse proxies in front of "
                                "it, whose X-Forwarded-For is believed; empty: nobody's")
    contact: str = Field("", description="Contact put into the collectors' User-Agent")
    tick_seconds: float = Field(15.0, gt=0, le=3600, description="How often the scheduler asks what is due")
    collect_concurrency: int = Field(64, ge=1, le=512, description="Requests in flight at once")
    proxy: str = Field("", description="HTTP proxy that the collectors use, e.g. http://proxy:3128")
    weibo_cli: str = Field("weibo-cli", description="Weibo's command-line client: absolute path, or a name on PATH")
    secret_key: str = Field("", description="Key that seals credentials; empty: the file secret.key in data_dir")
    pace_seconds: float = Field(1.0, ge=0, le=60, description="Least seconds between two requests to one host")
    http_timeout: float = Field(20.0, gt=0, le=300, description="Seconds before a fetch is given up")
    max_body_bytes: int = Field(20_000_000, gt=0, description="Largest response body that is read, decompressed")
    max_import_rows: int = Field(300_000, gt=0, description="Largest number of rows in one imported sheet")
    max_import_bytes: int = Field(300_000_000, gt=0, description="Largest imported file, decompressed")
    allow_private_hosts: str = Field(
        "", description="Comma-separated hosts inside the private or loopback range that sources and the language "
                        "model may use; * for all"
    )
    polish_url: str = Field("", description="Base address of a language model on the office's network that may polish "
                            "reports' wording (OpenAI-compatible: http://10.1.2.3:8000/v1); empty: none")
    polish_model: str = Field("", description="Name of the model there")
    polish_key: SecretStr = Field(SecretStr(""), description="Its API key; empty: it wants none")
    polish_seconds: float = Field(60.0, gt=0, le=600, description="Seconds that one paragraph may take")

    @field_validator("data_dir", "font_dir", mode="before")
    @classmethod
    def _absolute(cls, value: object) -> object:
        return Path(str(value)).expanduser().resolve() if value not in (None, "") else None

    @field_validator("survey_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if value.strip() and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username
                              or parts.query or parts.fragment):
            raise ValueError("PULSE_SURVEY_URL must be an address like https://survey.example.gov.cn")
        return value.strip().rstrip("/")

    @field_validator("survey_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in filter(None, map(str.strip, value.split(","))):
            try:
                ip_network(one, strict=False)
            except ValueError as error:
                raise ValueError(f"PULSE_SURVEY_PROXIES: {one} is no address and no network") from error
        return value

    @model_validator(mode="after")
    def _polishing(self) -> Self:
        if not self.polish_url:
            return self
        parts = urlsplit(self.polish_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("PULSE_POLISH_URL must be an address like http://10.1.2.3:8000/v1, no password, no query")
        if not self.polish_model.strip():
            raise ValueError("PULSE_POLISH_URL needs PULSE_POLISH_MODEL, the model's name")
        if not (self.polish_url + self.polish_key.get_secret_value()).isascii():
            raise ValueError("PULSE_POLISH_URL and PULSE_POLISH_KEY can hold ASCII characters only")
        return self

    @property
    def url(self) -> str:
        """SQLAlchemy URL; `postgres://` and `postgresql://` are sent to psycopg 3."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'pulse.db'}"
        for prefix in ("postgres://", "postgresql://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def captures_dir(self) -> Path:
        return self.data_dir / "captures"

    @property
    def inbox_dir(self) -> Path:
        return self.data_dir / "inbox"

    @property
    def reports_dir(self) -> Path:
        return self.data_dir / "reports"


@cache
def settings() -> Settings:
    """The process's settings; tests clear the cache after changing the environment."""
    return Settings()
