"""Tasks made of images: files, data sets, and how a sequence of tasks is cut from them."""
