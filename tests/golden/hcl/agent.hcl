exe_hash = true

selectors = [
  "uid",
  "exe:path",   # as the kernel says

  # of the file
  "exe:sha256",
]

"max_exe_size" = "512MiB"

hash_cache_entries = 4096