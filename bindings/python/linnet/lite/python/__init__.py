# SPDX-License-Identifier: Apache-2.0
"""Where `tensorflow.lite.python` has its modules, for imports that name them."""
