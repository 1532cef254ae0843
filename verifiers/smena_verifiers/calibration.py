"""A non-negative logistic model of verifiers' scores, as a scikit-learn classifier, and what is measured
around it with scikit-learn's own tools."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from smena import BadInput

Floats = NDArray[np.float64]
FOLDS = 5
MIN_LABELS = 20
"""Fewer labels than this, or fewer than five of one kind, fit nothing that is worth storing."""
_Z = 1.959964


class NonNegativeLogistic(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """P(y = 1 | V) = σ(β₀ + Σ β_i V_i), β_i ≥ 0: minimises Σ [log(1 + e^z) − y z] + ½ penalty·‖β‖².

    A better score never makes an answer less probable. The penalty shares a weight among near-duplicates
    rather than pay each of them in full.

    Parameters
    ----------
    penalty : float, default=1.0
        Weight of ½‖β‖²; β₀ is free.
    max_iter : int, default=500
        Iterations of L-BFGS-B.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
    coef_ : ndarray of shape (1, n_features)
        β_i.
    intercept_ : ndarray of shape (1,)
        β₀.
    weights_ : ndarray of shape (n_features,)
        w_i = β_i / Σβ; zeros where Σβ = 0.
    tau_ : float
        τ at probability ½, −β₀/Σβ; NaN where Σβ = 0.
    std_err_ : ndarray of shape (n_features,)
        Standard errors of β_i by the inverse Hessian over the coefficients above 0.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 10)
    >>> model = NonNegativeLogistic().fit(X, X[:, 0])
    >>> model.predict([[1, 0], [0, 1]])
    array([1, 0])
    """

    def __init__(self, penalty: float = 1.0, max_iter: int = 500) -> None:
        self.penalty = penalty
        self.max_iter = max_iter

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # on data where a feature speaks against the class
        return tags

    def fit(self, X: Any, y: Any) -> NonNegativeLogistic:
        """Fit to scores ``X`` of shape (n, k) and labels ``y`` of two kinds."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is multiclass: "
                f"{len(self.classes_)} classes."
            )
        if len(self.classes_) < 2:
            raise ValueError("y has one class only; both must be there")
        # Offsets and scales of the columns change the speed of the descent, never its end.
        beta, self.n_iter_ = _descend(X, codes.astype(np.float64), self.penalty, self.max_iter)
        self.intercept_, self.coef_ = beta[:1], beta[None, 1:]
        total = float(beta[1:].sum())
        self.weights_ = beta[1:] / total if total > 0 else np.zeros(len(beta) - 1)
        self.tau_ = -float(beta[0]) / total if total > 0 else float("nan")
        self.std_err_ = _standard_errors(X, beta, self.penalty)
        return self

    def decision_function(self, X: Any) -> Floats:
        """z of shape (n,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        z: Floats = X @ self.coef_[0] + self.intercept_[0]
        return z

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of the two classes, of shape (n, 2)."""
        p = expit(self.decision_function(X))
        return np.column_stack([1 - p, p])

    def predict(self, X: Any) -> NDArray[Any]:
        """The more probable class, of shape (n,)."""
        positive = self.decision_function(X) > 0
        chosen: NDArray[Any] = self.classes_[positive.astype(int)]
        return chosen


def _descend(X: Floats, y: Floats, penalty: float, max_iter: int) -> tuple[Floats, int]:
    k = X.shape[1]

    def loss(beta: Floats) -> tuple[float, Floats]:
        z = X @ beta[1:] + beta[0]
        error = expit(z) - y
        value = -float(np.sum(log_expit(np.where(y > 0, z, -z)))) + 0.5 * penalty * float(beta[1:] @ beta[1:])
        return value, np.concatenate([[error.sum()], error @ X + penalty * beta[1:]])

    start = np.zeros(k + 1)
    bounds = [(None, None), *[(0.0, None)] * k]
    options = {"maxiter": max_iter, "ftol": 1e-12, "gtol": 1e-7 * max(1.0, len(y)) ** 0.5}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(found.x, dtype=np.float64), int(found.nit)


def _standard_errors(X: Floats, beta: Floats, penalty: float) -> Floats:
    free = np.concatenate([[True], beta[1:] > 0])
    design = np.column_stack([np.ones(len(X)), X])[:, free]
    p = expit(X @ beta[1:] + beta[0])
    information = (design * (p * (1 - p))[:, None]).T @ design
    information += penalty * np.diag(np.concatenate([[0.0], np.ones(free.sum() - 1)]))
    spread = np.zeros(len(beta))
    spread[free] = np.sqrt(np.diag(np.linalg.pinv(information)))
    return spread[1:]


def calibrate(
    names: list[str], scores: list[list[float]], gold: list[int], groups: list[str]
) -> dict[str, Any]:
    """Fit, and measure by cross-validation in which no task is on both sides. Rows with a missing verdict are
    left out.

    Raises BadInput for labels that are too few or all alike."""
    X, y, tasks = np.asarray(scores, dtype=np.float64), np.asarray(gold), np.asarray(groups)
    whole = ~np.isnan(X).any(axis=1)
    X, y, tasks = X[whole], y[whole], tasks[whole]
    few = int(min(np.sum(y == 0), np.sum(y == 1))) if len(y) else 0
    if len(y) < MIN_LABELS or few < FOLDS:
        raise BadInput(
            f"{len(y)} outcomes have a label and all verdicts, {few} of the rarer kind: at least {MIN_LABELS}, "
            f"and {FOLDS} of each kind, are needed"
        )
    model = NonNegativeLogistic().fit(X, y)
    said, how = _held_out(X, y, tasks)
    brier = float(brier_score_loss(y, said))
    true, mean = calibration_curve(y, said, n_bins=10)
    counts = np.histogram(said, bins=np.linspace(0, 1, 11))[0]
    slopes = model.coef_[0]
    verifiers = {
        name: _about(i, X, y, tasks, brier)
        | {
            "slope": float(slopes[i]),
            "interval": [max(0.0, float(slopes[i] - _Z * model.std_err_[i])),
                         float(slopes[i] + _Z * model.std_err_[i])],
        }
        for i, name in enumerate(names)
    }  # fmt: skip
    return {
        "labels": len(y),
        "model": {
            "intercept": float(model.intercept_[0]),
            "slopes": {name: float(slope) for name, slope in zip(names, slopes, strict=True)},
            "weights": {n: float(w) for n, w in zip(names, model.weights_, strict=True) if w > 0},
            "tau": model.tau_ if np.isfinite(model.tau_) else None,
        },
        "figures": {
            "accuracy": float(accuracy_score(y, said > 0.5)),
            "brier": brier,
            "how": how,
            "equal_weights": float(accuracy_score(y, X.mean(axis=1) > 0.5)),
            "base_rate": float(max(y.mean(), 1 - y.mean())),
            "left_out": int(np.sum(~whole)),
            "verifiers": verifiers,
            "reliability": [
                {"said": float(m), "true": float(t), "n": int(n)}
                for m, t, n in zip(mean, true, counts[counts > 0], strict=True)
            ],
        },
    }


def _held_out(X: Floats, y: NDArray[Any], tasks: NDArray[Any]) -> tuple[Floats, str]:
    """Probabilities that each row gets from a model that has not seen its task."""
    if len(np.unique(tasks)) >= 2 * FOLDS:
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
        splits = list(folds.split(X, y, tasks))
        if all(len(np.unique(y[train])) == 2 for train, _ in splits):
            how = f"{FOLDS}-fold cross-validation, no task on both sides"
            return cross_val_predict(NonNegativeLogistic(), X, y, cv=splits, method="predict_proba")[
                :, 1
            ], how
    plain = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    how = f"{FOLDS}-fold cross-validation; too few tasks to keep them apart, so this may flatter"
    return cross_val_predict(NonNegativeLogistic(), X, y, cv=plain, method="predict_proba")[:, 1], how


def _about(i: int, X: Floats, y: NDArray[Any], tasks: NDArray[Any], brier: float) -> dict[str, float]:
    """What a verifier is worth alone, its error rates, and what it adds to the others."""
    accepts = X[:, i] > 0.5
    if X.shape[1] > 1:
        without = float(brier_score_loss(y, _held_out(np.delete(X, i, axis=1), y, tasks)[0]))
    else:
        without = float(brier_score_loss(y, np.full(len(y), y.mean())))
    return {
        "alone": float(accuracy_score(y, accepts)),
        "sensitivity": float(accepts[y == 1].mean()),
        "specificity": float(1 - accepts[y == 0].mean()),
        "adds": without - brier,
    }
