"""Infrastructure: what does AWS hold beside the code, and what listens to what?"""
