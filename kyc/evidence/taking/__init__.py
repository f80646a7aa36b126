"""Files from strangers: what they are, made anew so that nothing stands in them but what is seen, and scanned.

Nothing here imports Django but `refusals`, which has the sentences, and `apart` their names: what opens a file runs in a process
of its own, which lives for one file, under limits, and can neither read nor write one on the disk.

    kinds      what is taken, and how much of it     origins    what of the metadata tells how a file was made
    sniff      what a file is, by two opinions       warden     the process that forks one for every file
    pictures   a picture drawn anew                  apart      asks it, and ends what takes too long
    pdfs       a PDF built anew of its pages         scanning   clamd, over its socket
"""
