"""What a key may do, as the venue says it without a trade: one that may trade or withdraw is more than a snapshot needs."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ASKED_OF_KEYS", "KeyRights", "rights_in"]

# By ccxt's class, the method that says what the key may do. Gate's key says it nowhere; elsewhere it is not known.
ASKED_OF_KEYS: Mapping[str, str] = {
    "binance": "sapiGetAccountApiRestrictions",
    "bybit": "privateGetV5UserQueryApi",
    "okx": "privateGetAccountConfig",
    "bitget": "privateSpotGetV2SpotAccountInfo",
    "kucoin": "privateGetUserApiKey",
}
# The venue's words for rights that go beyond reading; a bitget authority ends in w where it may write.
_BINANCE = {
    "enableWithdrawals": "withdraw",
    "enableInternalTransfer": "transfer",
    "permitsUniversalTransfer": "transfer",
    "enableSpotAndMarginTrading": "trade",
    "enableFutures": "trade",
    "enableMargin": "trade",
    "enableVanillaOptions": "trade",
}
_BITGET = {"stow": "trade", "coow": "trade", "cpow": "trade", "wtow": "withdraw", "ttow": "transfer", "powh": "trade"}

_WORDS = {
    "trade": "trade",
    "spot": "trade",
    "futures": "trade",
    "margin": "trade",
    "withdraw": "withdraw",
    "withdrawal": "withdraw",
    "transfer": "transfer",
    "innertransfer": "transfer",
}


@dataclass(frozen=True)
class KeyRights:
    """What a key may do besides reading, sorted; None: not known."""

    beyond_reading: tuple[str, ...] | None

    @property
    def text(self) -> str:
        """In words."""
        if self.beyond_reading is None:
            return "not known"
        return ", ".join(self.beyond_reading) or "reads only"

    @property
    def remark(self) -> str | None:
        """What to do about a key that may do more than reading; None where nothing is."""
        if not self.beyond_reading:
            return None
        return f"its key may {' and '.join(self.beyond_reading)}, expected one that only reads; make such a key at the venue"


def rights_in(venue: str, answer: object) -> KeyRights:
    """Return the rights that a venue's answer names; not known where it has another form."""
    found = _found(venue, answer)
    return KeyRights(None if found is None else tuple(sorted(set(found))))


def _found(venue: str, answer: object) -> list[str] | None:
    if not isinstance(answer, Mapping):
        return None
    if venue == "binance":
        if "enableReading" not in answer:
            return None
        return [right for name, right in _BINANCE.items() if str(answer.get(name)).lower() == "true"]
    inside = answer.get("result") if venue == "bybit" else answer.get("data")
    if isinstance(inside, list):
        inside = inside[0] if inside else None
    return _READERS[venue](inside) if isinstance(inside, Mapping) and venue in _READERS else None


def _of_bitget(inside: Mapping[str, object]) -> list[str] | None:
    words = inside.get("authorities")
    return [_BITGET[word] for word in words if word in _BITGET] if isinstance(words, list) else None


def _of_words(inside: Mapping[str, object]) -> list[str] | None:
    words = inside.get("perm", inside.get("permission"))
    if not isinstance(words, str):
        return None
    named = {word.strip().lower() for word in words.split(",")}
    return [right for word, right in _WORDS.items() if word in named]


def _of_bybit(inside: Mapping[str, object]) -> list[str] | None:
    if str(inside.get("readOnly")) == "1":
        return []
    permissions = inside.get("permissions")
    if not isinstance(permissions, Mapping):
        return None
    words = {str(word) for listed in permissions.values() if isinstance(listed, list) for word in listed}
    rights = {"Withdraw": "withdraw", "AccountTransfer": "transfer", "SubMemberTransfer": "transfer"}
    trades = any("Trade" in word or word in {"Order", "Position"} for word in words)
    return [right for word, right in rights.items() if word in words] + (["trade"] if trades else [])


_READERS = {"bybit": _of_bybit, "bitget": _of_bitget, "okx": _of_words, "kucoin": _of_words}
