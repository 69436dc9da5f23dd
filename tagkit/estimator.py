"""Parameters and state of an estimator, as scikit-learn's `clone`, `Pipeline` and `GridSearchCV` expect them."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, Self

from tagkit import cards, parameters
from tagkit.errors import BadInput, NotFitted, did_you_mean


class Estimator:
    """Base of what is made by parameters, which are the arguments of its class, and fitted afterwards."""

    name: ClassVar[str] = ""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters with their values; `deep` is there for scikit-learn and changes nothing."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Raises:
            BadInput: There is no such parameter, or its value has the wrong type or is outside its range.
        """
        known = inspect.signature(type(self)).parameters
        for name in params:
            if name not in known:
                there = ", ".join(known) or "none"
                raise BadInput(f"{self.name} has no parameter {name!r}{did_you_mean(name, known)}; it has: {there}")
        parameters.check(type(self), self.name, params)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def clone(self) -> Self:
        """Return an unfitted strategy with the same parameters."""
        return type(self)(**self.get_params())

    def check_fitted(self) -> None:
        """Raise `NotFitted` unless the strategy was fitted or loaded."""
        if not getattr(self, "fitted_", False):
            raise NotFitted(f"the strategy {self.name} is not fitted: call fit(products) or load(folder) first")

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether the strategy is fitted."""
        return getattr(self, "fitted_", False)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what the estimator takes: texts, and lists of tags as targets."""
        from sklearn.utils import InputTags, TargetTags
        from sklearn.utils import Tags as SklearnTags

        inputs = InputTags(one_d_array=True, two_d_array=False, string=True)
        targets = TargetTags(required=False, multi_output=True)
        return SklearnTags(estimator_type=None, target_tags=targets, input_tags=inputs)

    def __repr__(self) -> str:
        """Return the class with the parameters that differ from their defaults."""
        defaults = {name: p.default for name, p in inspect.signature(type(self)).parameters.items()}
        changed = [f"{key}={value!r}" for key, value in self.get_params().items() if value != defaults[key]]
        return f"{type(self).__name__}({', '.join(changed)})"

    def _repr_html_(self) -> str:
        """Return the parameters as a card for notebooks."""
        state = "fitted" if self.__sklearn_is_fitted__() else "not fitted"
        return cards.card(f"{self.name}, {state}", cards.values(self.get_params()))
