"""Networks trained by gradient descent: the perceptron, continual-learning methods, and its
spiking sleep. Every function carries one network.
"""
