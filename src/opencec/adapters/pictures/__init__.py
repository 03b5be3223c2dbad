"""Pictures read with Pillow."""

from opencec.adapters.pictures.pillow_pictures import PillowPictures

__all__ = ["PillowPictures"]
