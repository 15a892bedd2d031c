"""The model as llama.cpp runs it, for comparison with ours.

    export CMAKE_ARGS=-DGGML_NATIVE=on
    build/peers/bin/pip install llama-cpp-python==0.3.36
    build/peers/bin/python benchmarks/peers/model_llama_cpp.py build/gguf/decoder_bf16.gguf \\
        --vision build/gguf/vision_f16.gguf --threads 2

benchmarks/peers/make_gguf.py makes the files. Prints JSON lines: first what was built,
then one for each measurement: "prefill" of a prompt, "decode" of one sequence, greedily,
a token at a time after a short prompt, and with --vision "encode" of a page in mode base
(1024 px). Prompts are random ids of a fixed seed. Everything is llama.cpp's default (f16 KV
cache, batches of 512) but the number of threads. llama.cpp maps its files, and reads them
again when other programs take the memory: then "seconds" are far above "cpu_seconds". The
log goes to stderr.
"""

import argparse
import ctypes
import json
import pathlib
import random

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp as mtmd
from measure import WARM_UP_TOKENS, add_arguments, measure, measure_decoder

# llama.cpp cuts no tiles from a page of at most this side, and encodes it at 1024 px.
LARGEST_UNTILED_SIDE_PX = 640
BASE_MODE_POSITIONS = 273


def require(result, what):
    if not result:
        raise SystemExit(f"model_llama_cpp: cannot {what}")
    return result


class Decoder:
    def __init__(self, file, threads, context_tokens):
        llama_cpp.llama_backend_init()
        self.model = require(
            llama_cpp.llama_model_load_from_file(
                str(file).encode(), llama_cpp.llama_model_default_params()
            ),
            f"load {file}",
        )
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = parameters.n_batch = context_tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = require(
            llama_cpp.llama_init_from_model(self.model, parameters), "make a context"
        )
        vocabulary = llama_cpp.llama_model_get_vocab(self.model)
        self.vocab_size = llama_cpp.llama_vocab_n_tokens(vocabulary)

    def clear(self):
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def forward(self, ids):
        """Runs the ids behind those before and returns the most probable next one."""
        tokens = (llama_cpp.llama_token * len(ids))(*ids)
        batch = llama_cpp.llama_batch_get_one(tokens, len(ids))
        require(llama_cpp.llama_decode(self.context, batch) == 0, f"run {len(ids)} tokens")
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        return int(np.ctypeslib.as_array(logits, (self.vocab_size,)).argmax())


class Encoder:
    def __init__(self, file, decoder, threads):
        parameters = mtmd.mtmd_context_params_default()
        parameters.use_gpu = False
        parameters.warmup = False
        parameters.n_threads = threads
        self.context = require(
            mtmd.mtmd_init_from_file(str(file).encode(), decoder.model, parameters),
            f"load {file}",
        )
        self.chunks = mtmd.mtmd_input_chunks_init()
        self.image = self.prepare()
        require(
            mtmd.mtmd_input_chunk_get_n_tokens(self.image) == BASE_MODE_POSITIONS,
            "have the page encoded at 1024 px",
        )

    def prepare(self):
        """The chunk of a page of noise, resized and ready to be encoded."""
        side = LARGEST_UNTILED_SIDE_PX
        pixels = random.Random(0).randbytes(side * side * 3)
        buffer = (ctypes.c_uint8 * len(pixels)).from_buffer_copy(pixels)
        bitmap = mtmd.mtmd_bitmap_init(side, side, buffer)
        prompt = mtmd.mtmd_default_marker() + b"\nFree OCR."
        text = mtmd.mtmd_input_text(prompt, len(prompt), True, True)
        bitmaps = (mtmd.mtmd_bitmap_p_ctypes * 1)(bitmap)
        status = mtmd.mtmd_tokenize(self.context, self.chunks, ctypes.byref(text), bitmaps, 1)
        mtmd.mtmd_bitmap_free(bitmap)
        require(status == 0, "prepare the page")
        for i in range(mtmd.mtmd_input_chunks_size(self.chunks)):
            chunk = mtmd.mtmd_input_chunks_get(self.chunks, i)
            if mtmd.mtmd_input_chunk_get_type(chunk) == mtmd.MTMD_INPUT_CHUNK_TYPE_IMAGE:
                return chunk
        raise SystemExit("model_llama_cpp: the prompt has no image")

    def encode(self):
        require(mtmd.mtmd_encode_chunk(self.context, self.image) == 0, "encode the page")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("decoder", type=pathlib.Path, help="decoder_*.gguf")
    parser.add_argument("--vision", type=pathlib.Path, metavar="FILE", help="vision_*.gguf")
    add_arguments(parser)
    arguments = parser.parse_args()

    decoded_tokens = arguments.prompt_tokens + arguments.decode_tokens
    longest = max(WARM_UP_TOKENS, decoded_tokens, *arguments.prefill_tokens)
    decoder = Decoder(arguments.decoder, arguments.threads, context_tokens=longest)
    about = {
        "llama_cpp_python": llama_cpp.__version__,
        "system": llama_cpp.llama_print_system_info().decode(),
        "decoder": arguments.decoder.name,
        "vision": arguments.vision and arguments.vision.name,
        "threads": arguments.threads,
    }
    print(json.dumps(about), flush=True)
    measure_decoder(decoder, arguments)
    if arguments.vision:
        encoder = Encoder(arguments.vision, decoder, arguments.threads)
        for _ in range(arguments.repeat):
            measure("encode", BASE_MODE_POSITIONS, encoder.encode)


if __name__ == "__main__":
    main()
