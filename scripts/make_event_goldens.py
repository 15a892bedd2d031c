#!/usr/bin/env python3
"""Makes tests/data/training/events.tfevents: an event file as TensorBoard's own
classes write it, with scalars, a picture and a text.

Needs, by hand, `pip install tensorboard==2.21.0`; run it from the repository's root.
With the folder of a training as its argument it reads that run's events with
TensorBoard's reader instead, and prints what it finds:

    scripts/make_event_goldens.py FOLDER
"""

import pathlib
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

FILE = pathlib.Path("tests/data/training/events.tfevents")
PNG = b"\x89PNG, as far as TensorBoard looks"
MARKDOWN = "**Reference**\n\n    caf\u00e9 | `x`\n"


def scalars():
    return [summary_pb2.Summary.Value(tag="loss", simple_value=0.5),
            summary_pb2.Summary.Value(tag="precision/one/corpus/5", simple_value=-1e-3)]


def image():
    picture = summary_pb2.Summary.Image(
        height=64, width=300, colorspace=3, encoded_image_string=PNG)
    return [summary_pb2.Summary.Value(tag="page/one/corpus/5/0", image=picture)]


def text():
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name="text")
    tensor = tensor_pb2.TensorProto(
        dtype=types_pb2.DT_STRING,
        string_val=[MARKDOWN.encode()],
        tensor_shape=tensor_shape_pb2.TensorShapeProto(
            dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)]))
    return [summary_pb2.Summary.Value(
        tag="reading/one/corpus/5/0", tensor=tensor,
        metadata=summary_pb2.SummaryMetadata(plugin_data=plugin))]


def make():
    events = [event_pb2.Event(wall_time=1.5, step=1, file_version="brain.Event:2")]
    for step, values in enumerate((scalars(), image(), text()), start=299):
        events.append(event_pb2.Event(
            wall_time=2.25, step=step, summary=summary_pb2.Summary(value=values)))
    with FILE.open("wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
    print(f"{FILE}: {len(events)} events, {FILE.stat().st_size} bytes")


def show(folder):
    events = event_accumulator.EventAccumulator(
        str(folder), size_guidance={event_accumulator.SCALARS: 0, event_accumulator.IMAGES: 0,
                                    event_accumulator.TENSORS: 0})
    events.Reload()
    tags = events.Tags()
    for tag in tags["scalars"]:
        points = events.Scalars(tag)
        print(f"scalar {tag}: {len(points)} steps, last {points[-1].step}: {points[-1].value}")
    for tag in tags["images"]:
        picture = events.Images(tag)[-1]
        print(f"image {tag}: step {picture.step}, {picture.width} x {picture.height}, "
              f"{picture.encoded_image_string[:8]}")
    for tag in tags["tensors"]:
        last = events.Tensors(tag)[-1]
        plugin = events.SummaryMetadata(tag).plugin_data.plugin_name
        print(f"{plugin} {tag}: step {last.step}\n"
              + tensor_util.make_ndarray(last.tensor_proto)[0].decode())


if __name__ == "__main__":
    show(pathlib.Path(sys.argv[1])) if len(sys.argv) > 1 else make()
