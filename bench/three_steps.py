"""The functions of the three steps that `bench.steps` measures, the same for SinkHub and for DBOS."""

from typing import Any


async def load_order(order_id: str) -> dict[str, Any]:
    """Return an order."""
    return {"id": order_id, "parts": ["head", "body"]}


async def price_order(order: dict[str, Any]) -> dict[str, Any]:
    """Return the price of an order."""
    return {"total": 100 * len(order["parts"]), "currency": "EUR"}


async def ship_order(order: dict[str, Any], price: dict[str, Any]) -> dict[str, Any]:
    """Return where a shipped order is."""
    return {"tracking": f"{order['id']}-1", "insured": price["total"]}
