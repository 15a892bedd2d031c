"""Config, tensor names and shapes of the published models, by family."""

import math

# Tensors and parameters by family.
SIZES = {
    "deepseek-ocr": (2_710, 3_336_106_240),
    "unlimited-ocr": (2_710, 3_336_106_240),
    "deepseek-ocr-2": (2_707, 3_389_119_360),
}


def make_config(family, torch_dtype):
    """The family's config.json, which has the decoder's settings twice."""
    language = {
        "bos_token_id": 0,
        "eos_token_id": 1,
        "first_k_dense_replace": 1,
        "hidden_size": 1280,
        "intermediate_size": 6848,
        "kv_lora_rank": None,
        "lm_head": True,
        "max_position_embeddings": 8192,
        "moe_intermediate_size": 896,
        "n_group": 1,
        "n_routed_experts": 64,
        "n_shared_experts": 2,
        "num_attention_heads": 10,
        "num_experts_per_tok": 6,
        "num_hidden_layers": 12,
        "num_key_value_heads": 10,
        "q_lora_rank": None,
        "qk_nope_head_dim": 0,
        "qk_rope_head_dim": 0,
        "rm_head": False,
        "topk_group": 1,
        "topk_method": "greedy",
        "torch_dtype": torch_dtype,
        "use_mla": False,
        "v_head_dim": 0,
        "vocab_size": 129280,
    }
    clip = {
        "clip-l-14-224": {
            "heads": 16,
            "image_size": 224,
            "layers": 24,
            "patch_size": 14,
            "width": 1024,
        }
    }
    # As published: the width is the only size.
    flow = {"qwen2-0-5b": {"dim": 896}}
    is_v2 = family == "deepseek-ocr-2"
    architecture, decoder, model_type, top = {
        "deepseek-ocr": ("DeepseekOCRForCausalLM", "DeepseekV2ForCausalLM", "deepseek_vl_v2", {}),
        "deepseek-ocr-2": (
            "DeepseekOCR2ForCausalLM", "DeepseekV2ForCausalLM", "deepseek_vl_v2", {}),
        "unlimited-ocr": (
            "UnlimitedOCRForCausalLM", "DeepseekOCRForCausalLM", "unlimited-ocr",
            {"sliding_window": 128}),
    }[family]
    if family == "unlimited-ocr":
        language |= {"max_position_embeddings": 32768, "sliding_window_size": 128, "v_head_dim": 128}
    return {
        "architectures": [architecture],
        "model_type": model_type,
        "candidate_resolutions": [[1024, 1024]],
        "global_view_pos": "head",
        "tile_tag": "2D",
        "language_config": {"architectures": [decoder], **language},
        "projector_config": {
            "input_dim": 896 if is_v2 else 2048,
            "model_type": "mlp_projector",
            "n_embed": 1280,
            "projector_type": "linear",
        },
        "vision_config": {
            "image_size": 1024,
            "mlp_ratio": 3.7362,
            "model_name": "deepencoderv2" if is_v2 else "deeplip_b_l",
            "model_type": "vision",
            "width": {
                **(flow if is_v2 else clip),
                "sam_vit_b": {
                    # In DeepSeek-OCR 2 the weights have 896, not 1024.
                    "downsample_channels": [512, 1024],
                    "global_attn_indexes": [2, 5, 8, 11],
                    "heads": 12,
                    "layers": 12,
                    "width": 768,
                },
            },
        },
        **language,
        **top,
    }


def layer(name, *shape):
    """A layer with a bias."""
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def sam_shapes(channels):
    """The perception tower and the compressor, which ends in this many channels."""
    prefix = "model.sam_model"
    shapes = {f"{prefix}.pos_embed": (1, 64, 64, 768)}
    shapes |= layer(f"{prefix}.patch_embed.proj", 768, 3, 16, 16)
    for i in range(12):
        block = f"{prefix}.blocks.{i}"
        offsets = 127 if i in (2, 5, 8, 11) else 27
        shapes |= layer(f"{block}.norm1", 768)
        shapes |= {f"{block}.attn.rel_pos_h": (offsets, 64)}
        shapes |= {f"{block}.attn.rel_pos_w": (offsets, 64)}
        shapes |= layer(f"{block}.attn.qkv", 2304, 768)
        shapes |= layer(f"{block}.attn.proj", 768, 768)
        shapes |= layer(f"{block}.norm2", 768)
        shapes |= layer(f"{block}.mlp.lin1", 3072, 768)
        shapes |= layer(f"{block}.mlp.lin2", 768, 3072)
    shapes |= {f"{prefix}.neck.0.weight": (256, 768, 1, 1)}
    shapes |= layer(f"{prefix}.neck.1", 256)
    shapes |= {f"{prefix}.neck.2.weight": (256, 256, 3, 3)}
    shapes |= layer(f"{prefix}.neck.3", 256)
    shapes |= {f"{prefix}.net_2.weight": (512, 256, 3, 3)}
    shapes |= {f"{prefix}.net_3.weight": (channels, 512, 3, 3)}
    return shapes


def clip_shapes():
    prefix = "model.vision_model"
    shapes = {
        f"{prefix}.embeddings.class_embedding": (1024,),
        f"{prefix}.embeddings.patch_embedding.weight": (1024, 3, 14, 14),
        f"{prefix}.embeddings.position_embedding.weight": (257, 1024),
    }
    shapes |= layer(f"{prefix}.pre_layrnorm", 1024)
    for i in range(24):
        block = f"{prefix}.transformer.layers.{i}"
        shapes |= layer(f"{block}.layer_norm1", 1024)
        shapes |= layer(f"{block}.self_attn.qkv_proj", 3072, 1024)
        shapes |= layer(f"{block}.self_attn.out_proj", 1024, 1024)
        shapes |= layer(f"{block}.layer_norm2", 1024)
        shapes |= layer(f"{block}.mlp.fc1", 4096, 1024)
        shapes |= layer(f"{block}.mlp.fc2", 1024, 4096)
    return shapes


def feed_forward(name, inner, width=1280):
    return {
        f"{name}.gate_proj.weight": (inner, width),
        f"{name}.up_proj.weight": (inner, width),
        f"{name}.down_proj.weight": (width, inner),
    }


def flow_shapes():
    prefix = "model.qwen2_model"
    shapes = {
        f"{prefix}.query_768.weight": (144, 896),
        f"{prefix}.query_1024.weight": (256, 896),
    }
    for i in range(24):
        block = f"{prefix}.model.model.layers.{i}"
        shapes |= {f"{block}.input_layernorm.weight": (896,)}
        shapes |= layer(f"{block}.self_attn.q_proj", 896, 896)
        shapes |= layer(f"{block}.self_attn.k_proj", 128, 896)
        shapes |= layer(f"{block}.self_attn.v_proj", 128, 896)
        shapes |= {f"{block}.self_attn.o_proj.weight": (896, 896)}
        shapes |= {f"{block}.post_attention_layernorm.weight": (896,)}
        shapes |= feed_forward(f"{block}.mlp", 4864, 896)
    return shapes | {f"{prefix}.model.model.norm.weight": (896,)}


def decoder_shapes():
    shapes = {"model.embed_tokens.weight": (129280, 1280)}
    for i in range(12):
        block = f"model.layers.{i}"
        shapes |= {f"{block}.input_layernorm.weight": (1280,)}
        for side in "qkvo":
            shapes |= {f"{block}.self_attn.{side}_proj.weight": (1280, 1280)}
        shapes |= {f"{block}.post_attention_layernorm.weight": (1280,)}
        if i == 0:
            shapes |= feed_forward(f"{block}.mlp", 6848)
            continue
        shapes |= {f"{block}.mlp.gate.weight": (64, 1280)}
        for expert in range(64):
            shapes |= feed_forward(f"{block}.mlp.experts.{expert}", 896)
        shapes |= feed_forward(f"{block}.mlp.shared_experts", 1792)
    shapes |= {"model.norm.weight": (1280,), "lm_head.weight": (129280, 1280)}
    return shapes


def model_shapes(family):
    """Name and shape of every tensor, in file order."""
    if family == "deepseek-ocr-2":
        shapes = sam_shapes(896) | flow_shapes() | layer("model.projector.layers", 1280, 896)
    else:
        shapes = sam_shapes(1024) | clip_shapes() | layer("model.projector.layers", 1280, 2048)
        shapes |= {"model.image_newline": (1280,)}
    shapes |= {"model.view_seperator": (1280,)}
    shapes |= decoder_shapes()
    assert (len(shapes), sum(map(math.prod, shapes.values()))) == SIZES[family]
    return shapes
