"""How fast the parameters of a layer learn."""

from __future__ import annotations

from ..model.view import LayerView
from ..surgery.rates import rate_of
from ..surgery.roles import STATISTIC, roles_of


def rates_of(layer: LayerView) -> list[float]:
    """The lr_mult of each parameter that is no statistic, in order."""
    return [rate_of(layer, index) for index, role in enumerate(roles_of(layer) or ()) if role != STATISTIC]
