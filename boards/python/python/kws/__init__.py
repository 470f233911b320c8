"""Keyword spotting pipelines: samples in, events out. They give the same bytes as `kws-run` and as firmware."""

from ._kws import Error, Event, Model, Pipeline, Session, Stage, Tensor, Waiting

__all__ = ["Error", "Event", "Model", "Pipeline", "Session", "Stage", "Tensor", "Waiting"]
