"""Keyword spotting pipelines: samples in, events out. They give the same bytes as `kws-run` and as firmware."""

from ._kws import Error, Event, Model, Pipeline, Session, Stage, Tensor, Waiting
from .evaluation import Evaluation, evaluate

__all__ = ["Error", "Evaluation", "Event", "Model", "Pipeline", "Session", "Stage", "Tensor", "Waiting", "evaluate"]
