"""From what is downloaded to a local Hugging Face directory: one module per format, each with one `convert`.

`convert(source, target)` reads the file or folder `source` and fills the empty folder `target` with config.json,
model.safetensors, tokenizer.json and tokenizer_config.json. `tagkit.weights` says which model needs which of them.
"""
