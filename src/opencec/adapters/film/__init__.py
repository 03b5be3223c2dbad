"""Films: an ordinary Matroska file of a call's recorded video packets and its sound, without transcoding."""

from opencec.adapters.film.making import FilmStopped, make_film

__all__ = ["FilmStopped", "make_film"]
